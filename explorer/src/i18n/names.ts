// Names of the framework's sides and pillars and of the indicators in other languages than English: fi, ja, ko, zh. What
// isn't here keeps the name that the framework declares.
const ORDER = ["fi", "ja", "ko", "zh"];

export const NAMES: Record<string, [string, string, string, string]> = {
  makes: ["Missä teknologiaa luodaan", "技術を生み出す", "기술을 만드는 곳", "创造技术"],
  lives: ["Missä teknologia palvelee arkea", "暮らしに活かす", "기술이 일상에 쓰이는 곳", "技术服务生活"],
  industry: ["Teollisuus", "産業", "산업", "产业"],
  research: ["Tutkimus ja osaajat", "研究と人材", "연구와 인재", "科研与人才"],
  ventures: ["Kasvuyritykset", "スタートアップ", "벤처", "创业"],
  mobility: ["Liikkuminen", "交通", "이동", "出行"],
  connectivity: ["Yhteydet", "通信", "연결", "网络连接"],
  digital_services: ["Digipalvelut ja maksaminen", "デジタルサービスと決済", "디지털 서비스와 결제", "数字服务与支付"],
  automation: ["Automaatio", "自動化", "자동화", "自动化"],
  energy: ["Energia ja ympäristö", "エネルギーと環境", "에너지와 환경", "能源与绿色"],
  listed_software_services: ["Pörssiyhtiöt: ohjelmistot ja IT-palvelut", "上場企業：ソフトウェア・IT サービス", "상장사: 소프트웨어·IT 서비스", "上市公司：软件与信息技术服务"],
  listed_hardware: ["Pörssiyhtiöt: laitteet ja puolijohteet", "上場企業：ハードウェア・半導体", "상장사: 하드웨어·반도체", "上市公司：硬件与半导体"],
  semiconductor_plants: ["Puolijohdetehtaat", "半導体工場", "반도체 공장", "半导体工厂"],
  patents: ["Kansainväliset patenttihakemukset (keksijät täällä)", "国際特許出願（発明者の所在地）", "국제 특허 출원(발명자 소재지)", "国际专利申请（发明人所在地）"],
  computer_science_papers: ["Tietojenkäsittelytieteen julkaisut", "情報科学の論文", "컴퓨터 과학 논문", "计算机科学论文"],
  top10_publications: ["Julkaisut maailman siteeratuimmassa 10 %:ssa", "被引用数が世界上位 10 % の論文", "세계 상위 10 % 논문", "全球前 10 % 高被引论文"],
  industry_publications: ["Yliopistojen ja yritysten yhteisjulkaisut", "大学と企業の共著論文", "산학 공동 논문", "高校与企业合著论文"],
  research_spending: ["Tutkimus- ja kehitysmenot", "研究開発費", "연구개발비", "研发支出"],
  open_source_developers: ["Avoimen lähdekoodin kehittäjät", "オープンソース開発者", "오픈 소스 개발자", "开源开发者"],
  unicorns: ["Yksisarviset", "ユニコーン企業", "유니콘 기업", "独角兽企业"],
  developer_conferences: ["Kehittäjäkonferenssit", "開発者会議", "개발자 콘퍼런스", "开发者大会"],
  academic_conferences: ["Tietojenkäsittelytieteen konferenssit", "情報科学の学術会議", "컴퓨터 과학 학술 대회", "计算机科学学术会议"],
  metro_length: ["Metrolinjojen pituus", "地下鉄の路線延長", "지하철 노선 길이", "地铁线路长度"],
  air_destinations: ["Suorat lentokohteet", "直行便の就航先", "직항 취항지", "直飞航点"],
  transit_access: ["Joukkoliikenteen saavutettavuus", "公共交通の利用しやすさ", "대중교통 접근성", "公共交通可达性"],
  cloud_providers: ["Pilvipalvelut, joilla on täällä alue", "リージョンを置くクラウド事業者", "리전을 둔 클라우드 사업자", "设有区域的云服务商"],
  content_delivery_networks: ["Sisällönjakeluverkot, joilla on täällä piste", "拠点を置く CDN 事業者", "거점을 둔 콘텐츠 전송망(CDN)", "设有节点的内容分发网络"],
  mobile_4g_coverage: ["4G-verkon peitto", "4G のカバー率", "4G 보급 범위", "4G 覆盖率"],
  fixed_broadband: ["Kiinteän laajakaistan liittymät", "固定ブロードバンド契約", "유선 광대역 가입", "固定宽带用户"],
  digital_payments: ["Digitaaliset maksut", "デジタル決済", "디지털 결제", "数字支付"],
  online_public_services: ["Julkiset verkkopalvelut", "オンライン行政サービス", "온라인 공공 서비스", "在线公共服务"],
  open_data_channels: ["Avoimen datan kanavat", "オープンデータの窓口", "공개 데이터 창구", "开放数据渠道"],
  robotics_papers: ["Robotiikan julkaisut", "ロボット工学の論文", "로봇 공학 논문", "机器人学论文"],
  robotaxi_services: ["Robottitaksit", "ロボタクシー", "로보택시", "自动驾驶出租车"],
  low_carbon_electricity: ["Vähähiilinen sähkö", "低炭素電力", "저탄소 전력", "低碳电力"],
  electricity_reliability: ["Sähkön toimitusvarmuus", "電力供給の信頼性", "전력 공급 신뢰도", "供电可靠性"],
  electric_car_sales: ["Sähköautojen osuus uusista autoista", "新車に占める電気自動車の割合", "신차 중 전기차 비율", "新车中电动车占比"],
  skyscrapers: ["Pilvenpiirtäjät", "超高層ビル", "초고층 건물", "摩天大楼"],
  life_evaluation: ["Tyytyväisyys elämään", "生活満足度", "삶에 대한 평가", "生活满意度"],
}; // prettier-ignore

export const nameIn = (language: string, id: string): string | undefined =>
  Object.hasOwn(NAMES, id) ? NAMES[id]![ORDER.indexOf(language)] : undefined;
